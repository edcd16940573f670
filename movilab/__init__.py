"""The Django project: settings from the environment, URLs, HTTP headers, the server and its worker process."""
