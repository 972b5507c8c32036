/** A summary of the delivery contract for authors of clients. */
export const contract: readonly { title: string; text: string }[] = [
  {
    title: 'Acknowledged means durable',
    text: 'The server sends an ack only after the entry is on disk. The ack has the entry’s number.',
  },
  {
    title: 'A retry is always safe',
    text: 'Without an answer, send again with the same client message id: the answer has the number and time of the first attempt.',
  },
  {
    title: 'One order, no gaps',
    text: 'Each conversation numbers its entries 1, 2, 3 …, the same in live delivery, history and on every device.',
  },
  {
    title: 'Delivered at least once, shown exactly once',
    text: 'Keep the last number that you have. Drop entries that you have; request the range when numbers are missing.',
  },
  {
    title: 'No gap between snapshot and live entries',
    text: 'The snapshot in the welcome is made after the connection is live. Entries may arrive before it; order them by number.',
  },
  {
    title: 'Read your writes',
    text: 'After an ack, every read by a user who may see the entry returns it, on any server.',
  },
  {
    title: 'No silent loss',
    text: 'A client that reads too slowly is told to resynchronise; an overloaded server returns a time to retry.',
  },
  {
    title: 'Membership is exact',
    text:
      'A removed user gets no entry numbered after the removal; a banned user does not become a member; a user who ' +
      'joins sees what the history setting allows.',
  },
  {
    title: 'Presence is correct within seconds',
    text: 'Online is visible within 1 s, offline within 10 s of a clean close and within 30 s of a crash.',
  },
];
