import { firstLevel } from '../../platform/features.ts';

/** What commands may say on this server. A cluster that was made before there were levels has the first. */
export const featureLevelTable = `
  CREATE TABLE feature_level (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    level integer NOT NULL
  );
  INSERT INTO feature_level (level) SELECT ${firstLevel} FROM cluster;`;
