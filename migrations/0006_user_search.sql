ALTER TABLE `users` ADD `search_name` text;--> statement-breakpoint
CREATE INDEX `users_by_search_name` ON `users` (`search_name`) WHERE search_name IS NOT NULL;--> statement-breakpoint
UPDATE `users` SET `search_name` = lower(`nickname`) WHERE `findable` = 1;
