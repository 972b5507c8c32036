// Preloaded by tests and by the programs that they start from the sources.
import { plugin } from 'bun';
import { lazyKafkaSchemas } from './lazy-kafka-schemas-plugin.ts';

plugin(lazyKafkaSchemas);
