from django.urls import path

from cultivation.views import judging as views

app_name = "cultivation"

urlpatterns = [
    path("", views.overview, name="overview"),
    path("again/", views.again, name="again"),
    path("standard/<path:code>/", views.standard, name="standard"),
]
