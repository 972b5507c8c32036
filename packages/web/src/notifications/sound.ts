let context: AudioContext | null = null;

/** Plays two soft notes. Browsers play nothing until the person has interacted with the page. */
export function playSound(): void {
  context ??= new AudioContext();
  const { currentTime, destination } = context;
  for (const [index, frequencyHz] of [660, 880].entries()) {
    const note = context.createOscillator();
    const volume = context.createGain();
    const start = currentTime + index * 0.09;
    note.frequency.value = frequencyHz;
    volume.gain.setValueAtTime(0, start);
    volume.gain.linearRampToValueAtTime(0.08, start + 0.01);
    volume.gain.exponentialRampToValueAtTime(0.0001, start + 0.25);
    note.connect(volume).connect(destination);
    note.start(start);
    note.stop(start + 0.26);
  }
}
