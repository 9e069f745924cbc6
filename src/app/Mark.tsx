/** The mark: a feather in a seal. The only picture of the page that means nothing but Plume. */
export function Mark({ size = 28 }: { readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="3" fill="var(--seal)" />
      <path
        fill="var(--seal-feather)"
        d="M26 5.5c-8.8.2-15.9 5.2-17 13.6-.1.9-.1 1.7 0 2.5l8.5-9.3-7.3 10.1c.5.2 1.1.3 1.7.3 2.3-.1 4.3-.8 6-1.9l-2-.9 4-.7c1-1 1.9-2.2 2.6-3.5l-2.6-.3 3.5-1.7C24.7 11.2 25.6 8.4 26 5.5z"
      />
      <path fill="none" stroke="var(--seal-feather)" strokeWidth="1.5" strokeLinecap="round" d="M9.8 21.6 6.6 26.3" />
    </svg>
  )
}
