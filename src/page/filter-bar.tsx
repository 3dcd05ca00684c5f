/** The filters above the list. */
import { signal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { NamespaceList } from "../server/generated/rest.js";
import { phases, toggled, type Filters } from "./filters.js";
import { onKeys } from "./keys.js";
import { kinds, type Kind } from "./kinds.js";
import { apiPath, call } from "./rest-client.js";

/** Names that the caller may list; empty if not, and then any name can be typed. */
const namespaces = signal<readonly string[]>([]);

interface Properties {
  readonly filters: Filters;
  readonly counts: ReadonlyMap<string, number>;
  readonly change: (changes: Partial<Filters>, replace?: boolean) => void;
}

export function FilterBar({ filters, counts, change }: Properties): JSX.Element {
  const text = useRef<HTMLInputElement>(null);
  useEffect(() => onKeys({ "/": () => text.current?.select() }), []);
  useEffect(() => {
    void loadNamespaces();
  }, []);
  return (
    <FilterForm>
      <label class="field wide">
        <span>Filter</span>
        <input
          ref={text}
          type="search"
          name="text"
          placeholder="Name, service, agent, reason …"
          maxLength={253}
          value={filters.text}
          onInput={({ currentTarget }) => change({ text: currentTarget.value }, true)}
        />
      </label>
      <Choice label="Namespace" name="namespace" value={filters.namespace} options={namespaces.value} change={change} />
      <Choice label="Service" name="service" value={filters.service} change={change} />
      <Choice label="Task" name="task" value={filters.task} change={change} />
      <div class="chips" role="group" aria-label="Phases">
        {phases.map((phase) => (
          <button
            key={phase}
            type="button"
            class={`chip phase-${phase.toLowerCase()}`}
            aria-pressed={filters.phases.includes(phase)}
            onClick={() => change({ phases: toggled(filters.phases, phase) })}
          >
            <span class="dot" aria-hidden="true" />
            {phase} <span class="count">{(counts.get(phase) ?? 0).toLocaleString("en")}</span>
          </button>
        ))}
      </div>
      <KindChips chosen={filters.kinds} choose={(word) => change({ kinds: toggled(filters.kinds, word) })} />
    </FilterForm>
  );
}

interface KindChipsProperties {
  /** Words of kinds. */
  readonly chosen: readonly string[];
  readonly choose: (word: Kind["word"]) => void;
}

/** A button for each kind of run. */
export function KindChips({ chosen, choose }: KindChipsProperties): JSX.Element {
  return (
    <div class="chips" role="group" aria-label="Kinds">
      {kinds.map(({ word, kind }) => (
        <button key={word} type="button" class="chip" aria-pressed={chosen.includes(word)} onClick={() => choose(word)}>
          {kind}
        </button>
      ))}
    </div>
  );
}

/** What narrows a list down. */
export function FilterForm({ children }: { readonly children: ComponentChildren }): JSX.Element {
  return (
    <form class="filters" role="search" aria-label="Filters" onSubmit={(event) => event.preventDefault()}>
      {children}
    </form>
  );
}

interface ChoiceProperties<Name extends string> {
  readonly label: string;
  readonly name: Name;
  readonly value: string;
  readonly options?: readonly string[];
  /** Shown while it is empty. Default: `All`. */
  readonly placeholder?: string;
  readonly change: (changes: Partial<Record<Name, string>>) => void;
}

/** A filter that applies when it is complete: each of its values is another request or another meaning. */
export function Choice<Name extends string>({
  label,
  name,
  value,
  options,
  placeholder = "All",
  change,
}: ChoiceProperties<Name>): JSX.Element {
  // what is being typed: the list is drawn again with each change of a run
  const [draft, setDraft] = useState(value);
  useEffect(() => setDraft(value), [value]);
  return (
    <label class="field">
      <span>{label}</span>
      <input
        type="text"
        name={name}
        placeholder={placeholder}
        maxLength={253}
        autoComplete="off"
        spellcheck={false}
        value={draft}
        onInput={({ currentTarget }) => setDraft(currentTarget.value)}
        {...(options !== undefined && { list: `${name}-options` })}
        onChange={({ currentTarget }) =>
          change({ [name]: currentTarget.value.trim() } as Partial<Record<Name, string>>)
        }
      />
      {options !== undefined && (
        <datalist id={`${name}-options`}>
          {options.map((option) => (
            <option key={option} value={option} />
          ))}
        </datalist>
      )}
    </label>
  );
}

async function loadNamespaces(): Promise<void> {
  try {
    const { items } = await call<NamespaceList>(apiPath("namespaces"));
    namespaces.value = items.map(({ name }) => name);
  } catch {
    // without the right to list them a name can still be typed
    namespaces.value = [];
  }
}
