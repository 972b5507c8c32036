import { Deployment } from 'kubernetes-models/apps/v1';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2';
import { Job } from 'kubernetes-models/batch/v1';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { ConfigMap, Namespace, Secret, Service } from 'kubernetes-models/v1';
import { deployedNames, deployedText } from './deployed-files.ts';

const models = {
  ConfigMap,
  Deployment,
  HorizontalPodAutoscaler,
  Job,
  Namespace,
  NetworkPolicy,
  PodDisruptionBudget,
  Secret,
  Service,
};
type Kind = keyof typeof models;
type Content = Record<string, unknown>;

interface Manifest {
  file: string;
  kind: Kind;
  name: string;
  content: Content;
}

/** What kustomization.yaml has put together: files beside it, and folders. */
export const kustomization = Bun.YAML.parse(deployedText('kubernetes/kustomization.yaml')) as {
  resources: string[];
  images: { name: string; newTag: string }[];
};

/** The files that hold manifests, the example of a secret too. */
export const manifestFiles = deployedNames('kubernetes').filter((file) => file !== 'kustomization.yaml');

export const manifests: Manifest[] = manifestFiles.flatMap((file) =>
  [Bun.YAML.parse(deployedText(`kubernetes/${file}`)) as Content | Content[]].flat().map((content) => {
    const { kind, metadata } = content as { kind: Kind; metadata: { name: string } };
    return { file, kind, name: metadata.name, content };
  }),
);

/** All manifests of a kind, as what the schema says that they are. */
export function manifestsOf<K extends Kind>(kind: K): InstanceType<(typeof models)[K]>[] {
  return manifests.filter((each) => each.kind === kind).map(({ content }) => modelOf(kind, content)) as never;
}

/** What the schema finds wrong in a manifest; null when nothing. */
export function faultOf(kind: Kind, content: Content): string | null {
  try {
    modelOf(kind, content).validate();
    return null;
  } catch (error) {
    return String(error);
  }
}

function modelOf(kind: Kind, content: Content) {
  // The schema looks at the whole content; the constructors' types are for people who write manifests in TypeScript.
  return new (models[kind] as new (content: Content) => InstanceType<(typeof models)[Kind]>)(content);
}

/**
 * The fields of a manifest of which the schema knows nothing. It allows any others, so each value is replaced with one
 * of a wrong kind: where nobody minds, nobody knows the field.
 */
export function unknownFields(kind: Kind, content: Content): string[] {
  const unknown: string[] = [];
  const visit = (value: unknown, path: readonly (string | number)[]) => {
    const replaced = structuredClone(content);
    const parent = path.slice(0, -1).reduce<unknown>((at, key) => (at as Content)[key], replaced) as Content;
    parent[path.at(-1) ?? ''] = typeof value === 'object' ? 'of a wrong kind' : { of: ['a wrong kind'] };
    if (faultOf(kind, replaced) === null) {
      unknown.push(path.join('.'));
      return;
    }
    if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value)) visit(inner, [...path, key]);
    }
  };
  for (const [key, value] of Object.entries(content)) visit(value, [key]);
  return unknown;
}
