import { Database } from 'bun:sqlite';
import { describe, expect, spyOn, test } from 'bun:test';
import { SqliteConversationStore } from '../../src/adapters/sqlite/conversation-store.ts';
import { openDatabase } from '../../src/adapters/sqlite/database.ts';
import { SqliteFeed } from '../../src/adapters/sqlite/feed.ts';
import { GroupCommit } from '../../src/adapters/sqlite/group-commit.ts';
import { SqliteHistoryStore } from '../../src/adapters/sqlite/history-store.ts';
import { SqliteReadPositions } from '../../src/adapters/sqlite/read-positions.ts';
import { FakeClock } from '../support/fake-clock.ts';

/** The query plan of each statement that the stores prepare: one line for each table. */
function plans(): { statement: string; steps: string[] }[] {
  const database = openDatabase(':memory:');
  const query = spyOn(Database.prototype, 'query');
  const writes = new GroupCommit(database);
  new SqliteHistoryStore(writes, new SqliteFeed(writes));
  new SqliteConversationStore(writes, new SqliteReadPositions(writes, new FakeClock(), () => undefined));
  const statements = query.mock.calls.map(([statement]) => String(statement));
  query.mockRestore();
  return statements.map((statement) => {
    const parameters = statement.match(/\$\w+/g) ?? [];
    const plan = database.prepare<{ detail: string }, never[]>(`EXPLAIN QUERY PLAN ${statement}`);
    const given = parameters.length > 0 ? [Object.fromEntries(parameters.map((name) => [name, 0]))] : [];
    return { statement, steps: plan.all(...(given as never[])).map(({ detail }) => detail) };
  });
}

describe('reads of SQLite are bounded', () => {
  const all = plans();
  const stepsOf = (part: string) => {
    const found = all.filter(({ statement }) => statement.includes(part));
    expect(found).toHaveLength(1);
    return found[0]?.steps ?? [];
  };

  test('no statement of the conversations and the history scans a growing table', () => {
    const scans = all.flatMap(({ statement, steps }) =>
      steps.filter((step) => step.startsWith('SCAN')).map((step) => `${step}: ${statement}`),
    );
    // Future-dated conversations are few, and there are none when no clock was wrong.
    expect(scans.filter((scan) => !/^SCAN (epoch|command_key_seed|activity_times|[(]|CONSTANT)/.test(scan))).toEqual(
      [],
    );
  });

  test('a page of a homepage reads current memberships, and no ended ones', () => {
    for (const order of ['coalesce', 'max']) {
      const steps = stepsOf(`SELECT m.conversation_id, ${order}(`);
      expect(steps).toContain('SEARCH m USING COVERING INDEX present_memberships (user_id=?)');
      expect(steps).toContain('SEARCH c USING INDEX sqlite_autoindex_conversations_1 (id=?)');
    }
  });

  test('amended messages are found by revision, without a sort', () => {
    const steps = stepsOf('e.revision > +?2');
    expect(steps[0]).toBe('SEARCH e USING INDEX entry_revisions (conversation=? AND revision>?)');
    expect(steps.filter((step) => step.includes('TEMP B-TREE'))).toEqual([]);
    expect(stepsOf('AND revision > +?2 LIMIT')).toContain(
      'SEARCH entries USING INDEX entry_revisions (conversation=? AND revision>?)',
    );
  });

  test('left conversations are read in order, from the position of the page', () => {
    expect(stepsOf('left_seq IS NOT NULL AND (changed_at_ms')).toEqual([
      'SEARCH memberships USING COVERING INDEX ended_memberships (user_id=? AND (changed_at_ms,conversation_id)<(?,?))',
    ]);
  });

  test('the search for future-dated conversations reads none whose time is before the present hour', () => {
    expect(stepsOf('INSERT OR IGNORE INTO activity_times')).toContain(
      'SEARCH conversations USING INDEX conversation_hours (last_entry_hour>?)',
    );
  });
});
