import { Unusable } from '../platform/failures.ts';

/** A setting can't be what it was set to; says which, where, and what is allowed. */
export class BadSetting extends Unusable {
  override name = 'BadSetting';
}
