/** A summary of the delivery contract for authors of clients. */
export const contract: readonly { title: string; text: string }[] = [
  {
    title: 'Acknowledged means durable',
    text: 'An ack leaves the server only after the entry is on disk. It carries the entry’s number.',
  },
  {
    title: 'A retry is safe forever',
    text: 'Send again with the same client message id when no answer came: the first one’s number and time come back.',
  },
  {
    title: 'One order, no gaps',
    text: 'Each conversation numbers its entries 1, 2, 3 …, the same in live delivery, history and on every device.',
  },
  {
    title: 'Delivered at least once, shown exactly once',
    text: 'Keep the last number you have. Drop what you have already; when a number is missing, ask for the range.',
  },
  {
    title: 'No gap at the seam',
    text: 'The welcome is taken after the connection is live. Entries may come before it: the numbers sort it out.',
  },
  {
    title: 'Read your writes',
    text: 'After an ack, every read by anyone who may read, on any server, shows the entry.',
  },
  {
    title: 'Nothing silent',
    text: 'Whoever reads too slowly is told to resynchronise; an overloaded server says when to try again.',
  },
  {
    title: 'Membership is exact',
    text: 'Whoever is removed gets nothing numbered after the removal; whoever joins sees what the history setting allows.',
  },
  {
    title: 'Presence is right soon',
    text: 'Online shows within 1 s; offline within 10 s of a clean close, and within 30 s of a crash.',
  },
];
