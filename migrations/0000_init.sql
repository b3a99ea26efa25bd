CREATE TABLE `groups` (
	`group_id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`introduction` text DEFAULT '' NOT NULL,
	`avatar` text DEFAULT '' NOT NULL,
	`creator_user_id` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `users` (
	`user_id` text PRIMARY KEY NOT NULL,
	`nickname` text NOT NULL,
	`avatar` text DEFAULT '' NOT NULL,
	`extra` text DEFAULT '' NOT NULL,
	`password_hash` text NOT NULL,
	`password_version` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL
);
