"""URLs of pages: reading, writing, lists, upload, sitemaps."""

from __future__ import annotations

from django.urls import path

from wiki.pages.views import (
    diagram_frame,
    edit,
    file_versions,
    manage,
    new_page,
    page_lists,
    picture_details,
    picture_edit,
    previews,
    read,
    sitemap,
    task_progress,
    thumbnails,
    upload,
)

urlpatterns = [
    path("", read.home, name="home"),
    path("wiki/<path:title>", read.page, name="page"),
    path("edit/<path:title>", edit.edit, name="edit"),
    path("preview", previews.preview, name="preview"),
    path("preview/calls", previews.call_answers, name="call_answers"),
    path("create", new_page.create, name="create"),
    path("move/<path:title>", manage.move, name="move"),
    path("delete/<path:title>", manage.delete, name="delete"),
    path("undelete/<path:title>", manage.undelete, name="undelete"),
    path("hide/<path:title>", manage.hide, name="hide"),
    path("unhide/<path:title>", manage.unhide, name="unhide"),
    path("fields/<path:title>", manage.fields, name="fields"),
    path("stewards/<path:title>", manage.stewards, name="stewards"),
    path("unmake-place/<path:title>", manage.convert_place_to_page, name="unmake_place"),
    path("diagram-frame", diagram_frame.diagram_frame, name="diagram_frame"),
    path("upload", upload.upload, name="upload"),
    path("picture-details/<path:name>", picture_details.picture_details, name="picture_details"),
    path("replace-file/<path:name>", file_versions.replace_file, name="replace_file"),
    path("rename-file/<path:name>", file_versions.rename_file, name="rename_file"),
    path("edit-picture/<path:name>", picture_edit.edit_picture, name="edit_picture"),
    path("restore-file/<int:number>/<path:name>", file_versions.restore_file, name="restore_file"),
    path("thumbnail/<path:name>", thumbnails.thumbnail, name="thumbnail"),
    path("tasks/<int:number>", task_progress.task, name="task"),
    path("tasks/<int:number>/state", task_progress.state, name="task_state"),
    path("tasks/<int:number>/cancel", task_progress.cancel, name="cancel_task"),
    path("all-pages", page_lists.all_pages, name="all_pages"),
    path("orphans", page_lists.orphans, name="orphans"),
    path("wanted", page_lists.wanted_pages, name="wanted"),
    path("categories", page_lists.categories, name="categories"),
    path("links-to/<path:title>", page_lists.links_to_view, name="links_to"),
    path("sitemap.xml", sitemap.sitemap, name="sitemap"),
    path("sitemap-<int:part>.xml", sitemap.part, name="sitemap_part"),
    path("robots.txt", sitemap.robots, name="robots"),
]
