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

/** The files and folders that kustomization.yaml lists. */
export const kustomization = Bun.YAML.parse(deployedText('kubernetes/kustomization.yaml')) as {
  resources: string[];
  images: { name: string; newTag: string }[];
};

/** The files with manifests, including the example of a secret. */
export const manifestFiles = deployedNames('kubernetes').filter((file) => file !== 'kustomization.yaml');

export const manifests: Manifest[] = manifestFiles.flatMap((file) =>
  [Bun.YAML.parse(deployedText(`kubernetes/${file}`)) as Content | Content[]].flat().map((content) => {
    const { kind, metadata } = content as { kind: Kind; metadata: { name: string } };
    return { file, kind, name: metadata.name, content };
  }),
);

/** All manifests of a kind, typed by their schema. */
export function manifestsOf<K extends Kind>(kind: K): InstanceType<(typeof models)[K]>[] {
  return manifests.filter((each) => each.kind === kind).map(({ content }) => modelOf(kind, content)) as never;
}

/** The fault that the schema finds in a manifest; null when there is none. */
export function faultOf(kind: Kind, content: Content): string | null {
  try {
    modelOf(kind, content).validate();
    return null;
  } catch (error) {
    return String(error);
  }
}

function modelOf(kind: Kind, content: Content) {
  // The schema checks the whole content; the constructors' types are for authors of manifests in TypeScript.
  return new (models[kind] as new (content: Content) => InstanceType<(typeof models)[Kind]>)(content);
}

/**
 * The fields of a manifest that the schema does not define. The schema allows additional fields, so each value is
 * replaced with one of a wrong type: if the schema accepts that, it does not define the field.
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
