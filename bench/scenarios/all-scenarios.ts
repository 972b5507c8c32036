import type { Scenario } from '../scenario.ts';
import { attack } from './attack.ts';
import { catchup } from './catchup.ts';
import { fanout } from './fanout.ts';
import { framesScenario } from './frames.ts';
import { groups } from './groups.ts';
import { growth } from './growth.ts';
import { homepage } from './homepage.ts';
import { idle } from './idle.ts';
import { login } from './login.ts';
import { mixed } from './mixed.ts';
import { overload } from './overload.ts';
import { presence } from './presence.ts';
import { registry } from './registry.ts';
import { send } from './send.ts';
import { storage } from './storage.ts';
import { storm } from './storm.ts';
import { web } from './web.ts';

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
  growth,
  presence,
  login,
  idle,
  storage,
  attack,
  framesScenario,
  registry,
  web,
];
