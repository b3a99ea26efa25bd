CREATE TABLE `api_keys` (
	`key_id` text PRIMARY KEY NOT NULL,
	`hash` text NOT NULL,
	`scopes` text NOT NULL,
	`note` text DEFAULT '' NOT NULL,
	`created_at` integer NOT NULL,
	`revoked_at` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE `audit` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`at` integer NOT NULL,
	`key_id` text NOT NULL,
	`method` text NOT NULL,
	`path` text NOT NULL,
	`target` text NOT NULL,
	`code` integer NOT NULL,
	`request_id` text NOT NULL
);
--> statement-breakpoint
-- The sender of announcements. Nobody can sign in as it, not even with a password that was set before the id was reserved.
INSERT INTO `users` (`user_id`, `nickname`, `password_hash`, `created_at`) VALUES ('system', 'System', '', 0)
  ON CONFLICT (`user_id`) DO UPDATE SET `password_hash` = '';
