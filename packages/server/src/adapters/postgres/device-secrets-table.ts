/** Devices on which a user has logged in, in the user's shard. */
export const deviceSecretsTable = `
  CREATE TABLE device_secrets (
    shard smallint NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    secret_hash text COLLATE "C" NOT NULL,
    used_at_ms bigint NOT NULL,
    PRIMARY KEY (shard, user_id, secret_hash)
  );`;
