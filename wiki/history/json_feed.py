"""JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/), as one of Django's feed generators."""

from __future__ import annotations

import json
from typing import Any

from django.utils.feedgenerator import SyndicationFeed


class JsonFeed(SyndicationFeed):
    """A feed in JSON, with the same entries as an Atom feed."""

    content_type = "application/feed+json; charset=utf-8"

    def write(self, outfile: Any, encoding: str) -> None:
        """Write the feed as JSON."""
        feed = self.feed
        data = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": str(feed["title"]),
            "home_page_url": feed["link"],
            "feed_url": feed["feed_url"],
            "language": str(feed["language"] or ""),
            "items": [self._item(item) for item in self.items],
        }
        outfile.write(json.dumps(data, ensure_ascii=False).encode(encoding))

    @staticmethod
    def _item(item: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {
            "id": item["unique_id"], "url": item["link"], "title": str(item["title"]),
            "content_html": str(item["description"] or ""),
        }  # fmt: skip
        for name, moment in (("date_published", item["pubdate"]), ("date_modified", item["updateddate"])):
            if moment is not None:
                found[name] = moment.isoformat()
        if item["author_name"]:
            found["authors"] = [{"name": str(item["author_name"])}]
        if item["categories"]:
            found["tags"] = [str(category) for category in item["categories"]]
        return found
