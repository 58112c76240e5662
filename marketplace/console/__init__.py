"""The pages for people, on the services of all rooms: parsed, asked, shown, and no rule of their own."""
