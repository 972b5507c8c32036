/** Each line fits on a small screen. */
export const restoredNotices = [
  'The server was restored from a backup.',
  'Messages since that backup are lost.',
  'Your unsent messages are kept.',
];
export const lostNotices = ['The server was restored from a backup.', 'Your session was lost with it: log in again.'];

/** The answer to what needs an open conversation. */
export const nothingOpen = 'No conversation is open. /open NAME opens one.';
