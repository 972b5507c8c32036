import type { Scenario } from '../scenario.ts';
import { catchup } from './catchup.ts';
import { fanout } from './fanout.ts';
import { groups } from './groups.ts';
import { homepage } from './homepage.ts';
import { idle } from './idle.ts';
import { login } from './login.ts';
import { mixed } from './mixed.ts';
import { overload } from './overload.ts';
import { send } from './send.ts';
import { storage } from './storage.ts';
import { storm } from './storm.ts';

/** In the order of the report. */
export const scenarios: readonly Scenario[] = [
  send,
  overload,
  fanout,
  groups,
  mixed,
  catchup,
  storm,
  homepage,
  login,
  idle,
  storage,
];
