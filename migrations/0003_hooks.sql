CREATE TABLE `hook_log` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`hook_id` text NOT NULL,
	`at` integer NOT NULL,
	`event_id` text NOT NULL,
	`event_type` text NOT NULL,
	`events` integer NOT NULL,
	`status` integer NOT NULL,
	`ms` integer NOT NULL,
	`detail` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `hook_log_by_hook` ON `hook_log` (`hook_id`,`id`);--> statement-breakpoint
CREATE TABLE `hooks` (
	`hook_id` text PRIMARY KEY NOT NULL,
	`url` text NOT NULL,
	`types` text NOT NULL,
	`batch` integer NOT NULL,
	`secret` text NOT NULL,
	`previous_secret` text NOT NULL,
	`previous_until` integer NOT NULL,
	`disabled` text NOT NULL,
	`created_at` integer NOT NULL
);
