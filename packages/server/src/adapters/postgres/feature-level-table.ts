import { firstLevel } from '../../platform/features.ts';

/** The feature level of this server. A cluster that was created before there were levels has the first. */
export const featureLevelTable = `
  CREATE TABLE feature_level (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    level integer NOT NULL
  );
  INSERT INTO feature_level (level) SELECT ${firstLevel} FROM cluster;`;
