// Preloaded into a server: an exception that nothing catches, as a fault of the program would throw it.
process.on('SIGUSR2', () => {
  setTimeout(() => {
    throw new TypeError('a fault of the program');
  });
});
