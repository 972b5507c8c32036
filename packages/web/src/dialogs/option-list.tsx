import { type KeyboardEvent, type ReactNode, useEffect, useId, useState } from 'react';
import { FaultBoundary } from '../faults/fault-boundary.tsx';
import { MoreButton } from '../people/more-button.tsx';
import { t } from '../strings/strings.ts';

export interface Option {
  id: string;
  label: string;
  content: ReactNode;
}

interface OptionListProps {
  label: string;
  placeholder: string;
  query: string;
  onQuery(query: string): void;
  options: readonly Option[];
  onChoose(id: string): void;
  /** Whether the options for this query are still being loaded. */
  isAwaited: boolean;
  /** Shows further options; null when there are none. */
  more: (() => void) | null;
  /** The text that is shown when there are no options. */
  empty: string;
}

/** A text field with a list of options, which are chosen by arrow keys and Enter, or by a click. */
export function OptionList(props: OptionListProps) {
  const { label, placeholder, query, onQuery, options, onChoose, isAwaited, more, empty } = props;
  const id = useId();
  const [at, setAt] = useState(0);
  const chosen = options[Math.min(at, options.length - 1)];
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new query selects its first option.
  useEffect(() => setAt(0), [query]);
  /** The query for which Enter was pressed before its options were loaded. */
  const [entered, setEntered] = useState<string | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `onChoose` changes together with `chosen`.
  useEffect(() => {
    if (entered === null || (isAwaited && !chosen && entered === query)) return;
    setEntered(null);
    if (entered === query && chosen) onChoose(chosen.id);
  }, [entered, query, isAwaited, chosen]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') {
      const isLast = at >= options.length - 1;
      if (isLast) more?.();
      // Selects the first of the further options once they are loaded.
      setAt(isLast && !more ? options.length - 1 : Math.min(at + 1, options.length));
    } else if (event.key === 'ArrowUp') setAt(Math.max(at - 1, 0));
    else if (event.key === 'Enter') {
      if (chosen) onChoose(chosen.id);
      else setEntered(query);
    } else return;
    event.preventDefault();
  };
  useEffect(() => {
    if (chosen) document.getElementById(elementId(id, chosen))?.scrollIntoView({ block: 'nearest' });
  }, [id, chosen]);
  return (
    <>
      <input
        // Keeps a form from being submitted while this field has a text that was not chosen from the list.
        ref={(field) => field?.setCustomValidity(query.trim() === '' ? '' : t('chooseFirst'))}
        className="option-query"
        role="combobox"
        aria-label={label}
        aria-expanded={options.length > 0}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={chosen ? elementId(id, chosen) : undefined}
        placeholder={placeholder}
        value={query}
        dir="auto"
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => onQuery(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <ListBox id={id} label={label} options={options} chosen={chosen} onChoose={onChoose} />
      <MoreButton more={more} />
      <p className="option-note muted" role="status">
        {options.length === 0 ? empty : ''}
      </p>
    </>
  );
}

interface ListBoxProps extends Pick<OptionListProps, 'label' | 'options' | 'onChoose'> {
  id: string;
  chosen: Option | undefined;
}

function ListBox({ id, label, options, chosen, onChoose }: ListBoxProps) {
  return (
    <div className="options" role="listbox" id={`${id}-list`} aria-label={label}>
      {options.map((option) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the field keeps the focus and handles the keys.
        <div
          key={option.id}
          id={elementId(id, option)}
          className="option"
          role="option"
          tabIndex={-1}
          aria-selected={option === chosen}
          onClick={() => onChoose(option.id)}
        >
          <FaultBoundary instead={option.label}>{option.content}</FaultBoundary>
        </div>
      ))}
    </div>
  );
}

function elementId(listId: string, option: Option): string {
  return `${listId}-${option.id}`;
}
