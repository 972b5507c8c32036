import { Unusable } from '../platform/failures.ts';

/** A setting has an invalid value. The message names the setting, where it was given, and what is allowed. */
export class BadSetting extends Unusable {
  override name = 'BadSetting';
}
