"""URLs of watches and notifications."""

from __future__ import annotations

from django.urls import path

from wiki.notifications import email_views, inbox_feed, views, watch_views

urlpatterns = [
    path("notifications", views.notifications, name="notifications"),
    path("notifications/settings", views.notification_settings, name="notification_settings"),
    path("notifications/open/<int:number>", views.open_notification, name="open_notification"),
    path("notifications/stop/<str:token>", email_views.stop_notification_emails, name="stop_notification_emails"),
    path("feeds/notifications/<str:token>", inbox_feed.feed_notifications, name="feed_notifications"),
    path("watching", watch_views.watching, name="watching"),
    path("watch", watch_views.watch, name="watch"),
]
