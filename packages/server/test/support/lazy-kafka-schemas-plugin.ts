import type { BunPlugin } from 'bun';

/** Compiles a schema when it is first used. */
const lazily = `
const compile = ajv.compile.bind(ajv);
ajv.compile = (schema) => {
  let compiled;
  const validate = (value) => {
    compiled ??= compile(schema);
    const isValid = compiled(value);
    validate.errors = compiled.errors;
    return isValid;
  };
  return validate;
};
`;

/**
 * Kafka's client compiles all schemas of its options when it is loaded, which is a third of the processor time in which a
 * process of a cluster starts.
 */
export const lazyKafkaSchemas: BunPlugin = {
  name: 'lazy Kafka schemas',
  setup(build) {
    build.onLoad({ filter: /@platformatic[\\/]kafka[\\/]dist[\\/]utils\.js$/ }, async ({ path }) => ({
      contents: `${await Bun.file(path).text()}${lazily}`,
      loader: 'js',
    }));
  },
};
