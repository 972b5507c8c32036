/** Parley's logo: two speech bubbles. */
export function Mark() {
  return (
    <svg className="mark" viewBox="0 0 48 48" aria-hidden="true" focusable="false">
      <path
        className="mark-back"
        d="M8 12a8 8 0 0 1 8-8h16a8 8 0 0 1 8 8v9a8 8 0 0 1-8 8H21l-9 8v-8.6A8 8 0 0 1 8 21z"
      />
      <path
        className="mark-front"
        d="M20 22a6 6 0 0 1 6-6h13a6 6 0 0 1 6 6v9a6 6 0 0 1-4 5.7V44l-7-7h-8a6 6 0 0 1-6-6z"
      />
    </svg>
  );
}
