import { Eye, EyeOff } from 'lucide-react';
import { useId, useState } from 'react';
import { t } from '../strings/strings.ts';

interface FieldProps {
  name: string;
  label: string;
  autoComplete: string;
  type?: 'text' | 'password';
  hint?: string;
  optional?: boolean;
}

/** A labelled text field. A password field has a button that shows the password. */
export function Field({ name, label, autoComplete, type = 'text', hint, optional = false }: FieldProps) {
  const id = useId();
  const [isShown, setShown] = useState(false);
  const isPassword = type === 'password';
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <div className="field-box">
        <input
          id={id}
          name={name}
          type={isShown ? 'text' : type}
          autoComplete={autoComplete}
          required={!optional}
          autoCapitalize="none"
          spellCheck={false}
          aria-describedby={hint ? `${id}-hint` : undefined}
          dir="auto"
        />
        {isPassword && (
          <button
            type="button"
            className="icon-button small"
            aria-label={t('showPassword')}
            aria-pressed={isShown}
            onClick={() => setShown(!isShown)}
          >
            {isShown ? <EyeOff aria-hidden="true" /> : <Eye aria-hidden="true" />}
          </button>
        )}
      </div>
      {hint && (
        <p className="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}
