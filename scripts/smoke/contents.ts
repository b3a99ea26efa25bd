type Typed = readonly [msgType: number, content: Record<string, unknown>];

/** Each type with the contract's keys, additional keys, and v2's short form. */
export const wellFormedContents: readonly Typed[] = [
  [1, { text: "שלום 👋", mentions: ["everyone"] }],
  [2, { image_url: "https://example.org/i.png", image_width: 640, image_height: 480, image_size: 9000 }],
  [3, { video_url: "https://example.org/v.mp4", video_duration: 12, thumbnail_url: "https://example.org/t.png" }],
  [4, { audio_url: "https://example.org/a.ogg", audio_duration: 3, audio_size: 700 }],
  [5, { file_url: "https://example.org/f.pdf", file_name: "f.pdf", file_size: 7 }],
  [100, { custom_type: "location", custom_data: '{"lat":1.5}' }],
  [2, { image: "https://example.org/i.png" }],
  [3, { video: "https://example.org/v.mp4" }],
  [4, { audio: "https://example.org/a.ogg" }],
  [5, { file: "https://example.org/f.pdf" }],
  [100, { custom: "anything" }],
];

/** Content without its type's key, and types that no client may send. */
export const malformedContents: readonly Typed[] = [
  [1, {}],
  [1, { image_url: "https://example.org/i.png" }],
  [2, { text: "no image" }],
  [3, {}],
  [4, {}],
  [5, { file_name: "f.pdf" }],
  [100, { custom_type: "location" }],
  [1001, { text: "a notice is the server's to make" }],
  [1009, { text: "a notice is the server's to make" }],
  [42, { text: "no such type" }],
];
