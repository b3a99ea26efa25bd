CREATE TABLE `reports` (
	`report_id` text PRIMARY KEY NOT NULL,
	`reporter_id` text NOT NULL,
	`user_id` text NOT NULL,
	`conversation_id` text NOT NULL,
	`seq` integer NOT NULL,
	`reason` text NOT NULL,
	`text` text NOT NULL,
	`context` text NOT NULL,
	`state` text DEFAULT 'open' NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `reports_once` ON `reports` (`reporter_id`,`user_id`,`conversation_id`,`seq`);--> statement-breakpoint
CREATE INDEX `reports_by_state` ON `reports` (`state`,`created_at`);--> statement-breakpoint
ALTER TABLE `users` ADD `findable` integer DEFAULT 0 NOT NULL;