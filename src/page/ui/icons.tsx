/** One path for each icon, on a 24 × 24 grid, drawn as lines. */
const PATHS = {
  back: "M15 5l-7 7 7 7",
  send: "M4 12l16-8-6 16-3-6.5zM11 13.5L20 4",
  image: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9.5h.01",
  clip: "M8 12.5l6-6a3 3 0 0 1 4.2 4.2l-8 8a4.8 4.8 0 0 1-6.8-6.8l7.5-7.5",
  mic: "M12 4a2.5 2.5 0 0 0-2.5 2.5v5a2.5 2.5 0 0 0 5 0v-5A2.5 2.5 0 0 0 12 4zM6 11.5a6 6 0 0 0 12 0M12 17.5V21",
  file: "M7 3h7l4 4v14H7zM14 3v4h4",
  search: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM20 20l-4-4",
  group:
    "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c0-3.6 2.9-6 6.5-6s6.5 2.4 6.5 6M16 4.5a3.5 3.5 0 0 1 0 6.5M18 14.5c2.2.8 3.5 2.8 3.5 5.5",
  personAdd: "M10 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM3.5 20c0-3.6 2.9-6 6.5-6s6.5 2.4 6.5 6M19 8v6M16 11h6",
  info: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 11v5M12 8h.01",
  more: "M6 12h.01M12 12h.01M18 12h.01",
  leave: "M10 4H5v16h5M14 8l4 4-4 4M18 12H9",
  close: "M6 6l12 12M18 6L6 18",
  pin: "M9 4h6l-1 6 3 3H7l3-3zM12 13v7",
  silent: "M6 16V11a6 6 0 0 1 9-5.2M18 11v5H8M10 19.5a2.5 2.5 0 0 0 4 0M4 4l16 16",
  block: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM5.7 5.7l12.6 12.6",
  clock: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7v5l3 2",
  check: "M5 12.5l4.5 4.5L19 7.5",
  checks: "M2 12.5l4.5 4.5L16 7.5M12 16.5l.5.5L22 7.5",
  warning: "M12 4l9 16H3zM12 10v4M12 17h.01",
  down: "M6 9l6 6 6-6",
  reply: "M10 6L4 12l6 6M4 12h10a6 6 0 0 1 6 6",
  forward: "M14 6l6 6-6 6M20 12H10a6 6 0 0 0-6 6",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  link: "M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1",
  edit: "M4 20h4L19 9l-4-4L4 16zM13 7l4 4",
  undo: "M9 7L4 12l5 5M4 12h11a5 5 0 0 1 0 10h-2",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  react: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM8.5 14a4 4 0 0 0 7 0M9 10h.01M15 10h.01",
  at: "M16 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0zM16 8v5a2.5 2.5 0 0 0 5 0v-1a9 9 0 1 0-3.5 7.1",
  chat: "M5 5h14a1.5 1.5 0 0 1 1.5 1.5v9A1.5 1.5 0 0 1 19 17h-8l-5 4v-4H5a1.5 1.5 0 0 1-1.5-1.5v-9A1.5 1.5 0 0 1 5 5z",
} as const;

export type IconName = keyof typeof PATHS;

/** Icons are decorative: their meaning is also given as text. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
