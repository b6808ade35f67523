"""Each promise of SECURITY.md has a test that tries to break it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "SECURITY.md").read_text("utf-8")
PROMISES = [line.removeprefix("- ") for line in TEXT.splitlines() if line.startswith("- ")]
TESTS = {  # a part of a promise, and the tests that try to break it
    "It listens on 127.0.0.1 unless": ["security_page::a_mock_listens_on_one_address"],
    "the mock says so when it starts": ["start::an_empty_listen_address_is_told", "start::the_setting_that_exposes_is_named"],
    "are compared in constant time": ["security_page::credentials_are_compared_in_constant_time"],
    "An empty secret admits requests": ["mock_safety::an_empty_secret_admits_everyone", "serve::an_open_secret_is_a_warning"],
    "It refuses other machines": ["control_access::the_client_must_be_on_this_machine"],
    "X-Forwarded-For or Forwarded of a proxy": ["control_access::a_forwarded_request_of_another_machine_is_refused"],
    "requests whose Host (or absolute target)": [
        "control_access::the_host_must_name_this_machine", "control_access::the_server_checks_each_request",
        "control_access::flask_checks_each_request", "mock_safety::the_control_api_refuses_a_rebound_name",
    ],
    "It always refuses web pages of other sites": [
        "control_access::a_page_must_be_of_the_same_origin", "control_access::the_browser_tells_of_other_sites",
        "control_access::a_page_of_a_rebound_name_is_refused_with_remote_control", "pages::forms_of_other_sites_are_refused",
    ],
    "cannot be framed, sniffed, stored, or embedded": ["control_access::no_browser_keeps_or_embeds_an_answer", "pages::pages_are_confined"],
    "Data planes are served only with `--mdcb`": ["mdcb::no_plane_is_served_by_default"],
    "All calls but the login require one": [
        "mdcb::nothing_is_given_without_a_login", "mdcb::a_wrong_key_is_refused", "mdcb::organisations_are_kept_apart",
        "mdcb::a_user_without_the_key_admits_no_plane", "mdcb_keys::sessions_of_another_organisation_are_not_given",
    ],
    "The id of a plane's connections": ["mdcb_keys::the_id_of_connections_is_not_shown"],
    "forwarded only to this machine": ["traffic::an_upstream_on_another_machine_is_not_called", "far_targets::no_target_leads_to_another_machine"],
    "each of their redirects": ["far_targets::no_key_set_is_fetched_from_another_machine"],
    "GraphQL of the Dashboard requires the key": ["graphql_over_http::the_key_is_that_of_rest"],
    "mutations go by POST alone": ["graphql_over_http::mutations_do_not_go_by_get"],
    "its limits are checked before": ["graphql_limits::documents_are_limited", "graphql_limits::hostile_documents_are_answered_in_bounded_time"],
    "load scripts and styles from their own server": ["playground::the_page_and_its_assets_are_confined"],
    "`/_mock/assets/` (fixed scripts": ["playground::only_assets_are_handed_out", "playground::assets_are_for_everyone_and_the_mocks_own_api_is_not"],
    "A failure of the mock is answered 500": [
        "dispatcher::a_handler_that_raises_is_answered", "failures::the_control_api_may_fail", "failures::a_view_of_flask_may_fail",
        "failures::a_log_line_has_no_control_characters",
    ],
    "No log, report or page contains the secret": [
        "mock_safety::the_journal_hides_the_secret", "pages::the_configuration_shows_no_secret", "hostile_upstreams::a_failed_exchange_logs_no_secret",
    ],
    "also in the request to an upstream": ["journal::the_upstream_request_hides_the_secret", "journal::a_cut_shows_no_beginning_of_the_secret"],
    "that of a Dashboard masks the first key": ["dashboard_safety::the_journal_hides_each_secret_of_a_dashboard"],
    "Ids never lead out of the directories": [
        "files::a_name_never_leaves_the_directory", "file_names::a_name_on_windows", "file_names::a_name_on_linux",
        "dashboard_state::no_name_leads_out_of_the_state_directory",
    ],
    "`lint --fix` follows none out": ["lint_directories::fix_changes_nothing_through_a_link_out_of_a_directory"],
    "on Windows links that lead out are refused": ["file_names::a_link_on_windows_leads_nowhere"],
    "A reset touches no file": ["undone_files::what_others_did_stays", "undone_files::a_reset_says_what_it_left"],
    "Files are whole after a crash": ["files::an_interrupted_write_leaves_the_old_file"],
    "With `serve --fsync`": ["files::a_write_waits_for_the_disk_with_fsync", "serve::writes_wait_for_the_disk_with_fsync"],
    "What other programs write under": [
        "store_safety::a_foreign_message_is_ignored", "store_safety::a_foreign_value_is_ignored", "store_safety::a_lock_without_end_is_refused",
    ],
    "keys with other names are never touched": ["store_safety::a_reset_leaves_the_keys_of_other_programs"],
    "contains the password of a store": ["store_url::a_password_is_in_no_text_of_a_backend", "store_url::a_malformed_url_is_not_shown"],
    "Credentials are read from options": ["credentials::a_file_of_no_line_is_refused", "credentials::a_file_that_others_may_read_is_a_warning"],
    "It writes and deletes only what is of its run": [
        "ownership::a_request_about_things_of_others_is_refused", "ownership::a_path_has_all_its_readings", "ownership::a_name_of_others_is_not_owned",
    ],
    "A gateway that names things of others fails": ["foreign_names::nothing_of_others_is_touched", "foreign_names::a_foreign_name_is_a_finding"],
    "A database id that a Dashboard chooses": ["dashboard_clean_up::a_list_that_names_a_thing_of_others_like_the_run_is_not_believed"],
    "`import` gives what an export has": ["transfer_names::the_policies_of_a_key_are_given_to_no_other_key"],
    "shows it under that id": ["transfer_dashboard::an_api_that_is_shown_as_another_is_not_touched"],
    "`tyk-contract clean` removes only": ["commands::clean_is_safe_with_a_hostile_list", "commands::clean_without_a_terminal_removes_nothing"],
    "`record --proxy` listens on 127.0.0.1": ["live_recording::the_proxy_listens_on_this_machine"],
    "what Go's client refuses": ["live_answers::a_broken_answer_is_a_bad_gateway", "live_answers::a_second_answer_is_not_read_as_one"],
    "Its recording is readable by its owner": ["live_recording::a_recording_is_no_ones_elses"],
    "has no credential in a header": ["live_recording::no_credential_is_recorded", "live_masks::a_credential_is_known_by_its_name"],
    "no private key": ["live_masks::a_private_key_is_no_part_of_a_recording"],
    "nothing of requests to APIs": ["live_recording::other_paths_are_forwarded_and_not_recorded"],
    "only policies whose ids it sent": ["record::a_gateway_with_policies_is_not_recorded"],
    "each write is checked before": ["dashboard_record::a_step_that_names_anything_of_others_is_not_sent"],
    "an answer that names another's thing": ["dashboard_record::an_answer_that_names_anything_of_others_ends_the_recording"],
    "keys, secrets, organisations, hosts and cookies": ["dashboard_record::a_recording_has_no_secret_and_no_address"],
    "No report contains the secret": ["report_secrets::no_secret_is_reported", "redaction::each_form_is_hidden"],
    "Commands print text of gateways": ["terminal::any_text_is_one_printable_line", "hostile_gateway::a_hostile_answer_is_named_with_escapes"],
    "only the secret's variable is live": ["curl::nothing_that_a_server_sent_is_live"],
    "Reports, baselines and recordings are written beside": ["output_file::a_failure_leaves_the_old_file"],
    "A recording of live traffic is written as it comes": ["live_recording::a_killed_recorder_loses_nothing"],
    "Generated requests are kept": ["cache::the_directory_is_private", "cache::a_directory_that_others_may_have_filled_is_left_alone"],
}  # fmt: skip


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise[:40])
def test_each_promise_has_a_test(promise: str) -> None:
    """Each item of the page has a part that a test tries to break."""
    assert any(part in promise for part in TESTS)


@pytest.mark.parametrize("part", TESTS)
def test_each_part_is_on_the_page_and_its_tests_are_there(part: str) -> None:
    """Each part of a promise is on the page as it stands here, and the tests that are named for it exist."""
    assert sum(part in promise for promise in PROMISES) == 1
    for name in TESTS[part]:
        file, _, test = name.partition("::")
        text = (ROOT / "tests" / f"test_{file}.py").read_text("utf-8")
        assert re.search(rf"^def test_{test}\(", text, re.MULTILINE), name
