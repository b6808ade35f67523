"""Development only: the plugin for a checkout that is not installed, and pytest's own test kit."""

pytest_plugins = ["pytester", "mockserver.serving.pytest_plugin"]
