ALTER TABLE `users` ADD `erased_at` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `reports_by_conversation` ON `reports` (`conversation_id`);