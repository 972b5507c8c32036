// Holds a lock on the database argv[2] by the statement argv[3], and says so, until standard input ends or argv[4] ms are
// over; then it says that it let go.
import { Database } from 'bun:sqlite';
import { writeSync } from 'node:fs';

const [, , file = '', statement = '', holdMs = ''] = process.argv;
const database = new Database(file, { create: true });
database.run('PRAGMA busy_timeout = 10000');
database.run(statement);
writeSync(1, 'held\n');
if (holdMs === '') await new Response(Bun.stdin.stream()).text();
else await Bun.sleep(Number(holdMs));
database.run('ROLLBACK');
writeSync(1, 'released\n');
