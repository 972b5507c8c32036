// Opens the database argv[2], which converts it if an earlier version wrote it.
import { openDatabase } from '../../src/adapters/sqlite/database.ts';

const [, , file = ''] = process.argv;
openDatabase(file).close();
