import type { LayerKind } from '../../core/layers/model';
import { isRowOf } from '../caches/cacheSection';
import type { LocalPlace } from './localPlaces';

const family = 'localCaches' as const;

interface LocalNodeBase {
  readonly family: typeof family;
  readonly id: string;
  readonly place: LocalPlace;
}

/** Rows of local caches. What a row shows is looked up when it is drawn. */
export type LocalNode = PlaceNode | LayerNode | GroupNode | EntryNode | MoreNode | ProblemNode;

export interface PlaceNode extends LocalNodeBase {
  readonly kind: 'place';
}

export interface LayerNode extends LocalNodeBase {
  readonly kind: 'layer';
  readonly layer: LayerKind;
}

export interface GroupNode extends LocalNodeBase {
  readonly kind: 'group';
  readonly layer: LayerKind;
  readonly group: string;
}

export interface EntryNode extends LocalNodeBase {
  readonly kind: 'entry';
  readonly layer: LayerKind;
  /** The group that it stands in; undefined directly below its layer. */
  readonly group: string | undefined;
  readonly name: string;
}

/** The last of a long list: shows the next ones. */
export interface MoreNode extends LocalNodeBase {
  readonly kind: 'more';
  readonly layer: LayerKind;
  readonly group: string | undefined;
}

/** Says what could not be read. */
export interface ProblemNode extends LocalNodeBase {
  readonly kind: 'problem';
}

/** Whether something that a menu passed is a row of a local cache. */
export function isLocalNode(value: unknown): value is LocalNode {
  return isRowOf(family, value);
}

/** One object per id, since the editor recognises rows by the object. */
export class LocalNodePool {
  readonly #nodes = new Map<string, LocalNode>();

  place(place: LocalPlace): PlaceNode {
    return this.#intern({ family, kind: 'place', id: `${family}:${place.id}`, place });
  }

  layer(place: LocalPlace, layer: LayerKind): LayerNode {
    return this.#intern({ family, kind: 'layer', id: `${family}:${place.id}/${layer}`, place, layer });
  }

  group(place: LocalPlace, layer: LayerKind, group: string): GroupNode {
    return this.#intern({ family, kind: 'group', id: `${family}:${place.id}/${layer}/${group}/`, place, layer, group });
  }

  entry(place: LocalPlace, layer: LayerKind, group: string | undefined, name: string): EntryNode {
    const id = `${family}:${place.id}/${layer}/${group ?? ''}/=${name}`;
    return this.#intern({ family, kind: 'entry', id, place, layer, group, name });
  }

  more(place: LocalPlace, layer: LayerKind, group: string | undefined): MoreNode {
    return this.#intern({
      family,
      kind: 'more',
      id: `${family}:${place.id}/${layer}/${group ?? ''}+`,
      place,
      layer,
      group,
    });
  }

  problem(place: LocalPlace): ProblemNode {
    return this.#intern({ family, kind: 'problem', id: `${family}:${place.id}!`, place });
  }

  /** Forgets rows whose things are gone. */
  retain(isAlive: (node: LocalNode) => boolean): void {
    for (const [id, node] of this.#nodes) {
      if (!isAlive(node)) {
        this.#nodes.delete(id);
      }
    }
  }

  #intern<Node extends LocalNode>(node: Node): Node {
    const known = this.#nodes.get(node.id);
    // The place itself may have been configured anew under the same name.
    if (known?.place === node.place) {
      return known as Node;
    }
    this.#nodes.set(node.id, node);
    return node;
  }
}
