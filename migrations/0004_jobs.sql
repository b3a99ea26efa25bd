CREATE TABLE `jobs` (
	`job_id` text PRIMARY KEY NOT NULL,
	`msg_type` integer NOT NULL,
	`content` text NOT NULL,
	`user_ids` text NOT NULL,
	`cursor` text NOT NULL,
	`sent` integer NOT NULL,
	`failed` integer NOT NULL,
	`is_done` integer NOT NULL,
	`created_at` integer NOT NULL
);
