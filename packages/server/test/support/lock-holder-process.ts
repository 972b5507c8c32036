// Acquires a lock on the database argv[2] by the statement argv[3], and prints a line. Releases it when standard input
// ends or after argv[4] ms, and prints another line.
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
