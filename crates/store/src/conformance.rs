//! What every backend must do, told through the public face of the store.
//! A backend is a way to make a [`World`]; the cases know nothing else.

mod backup;
mod files;
mod history;
mod log;
mod restore;
mod tables;

use crate::testing::World;

macro_rules! cases {
    ($($module:ident: $($case:ident)+;)+) => {
        mod embedded {
            $($(
                #[test]
                fn $case() {
                    super::$module::$case(super::World::embedded());
                }
            )+)+
        }
    };
}

cases! {
    log:
        commits_come_back_as_they_were_written
        positions_without_gap_or_nothing
        a_failed_append_leaves_the_log_usable
        the_audit_runs_backwards
        commits_of_a_person_are_found
        the_chain_names_its_first_broken_link
        a_changed_payload_is_never_read;
    history:
        snapshots_come_back
        the_older_snapshot_steps_in
        a_snapshot_of_another_log_is_refused
        sealing_drops_values_and_keeps_headers
        sealing_needs_a_snapshot_and_an_intent
        replaced_objects_stay_known_until_they_are_gone
        the_log_reaches_back_to_the_older_snapshot;
    tables:
        sources_have_versions
        a_source_remembers_how_it_does
        runs_are_told
        a_failure_that_repeats_is_counted
        quarantine_is_kept_and_settled
        accounts_tokens_sessions_settings
        keys_are_made_once
        destroyed_keys_are_gone;
    files:
        files_are_kept_once
        a_damaged_file_is_an_error
        a_file_nobody_read_can_be_removed
        a_removal_that_was_interrupted_is_finished
        nothing_readable_lies_around
        what_came_in_of_a_person_is_overwritten
        a_second_process_is_kept_out
        foreign_and_newer_folders_are_left_alone
        tenants_are_apart
        removals_travel_along
        a_name_is_held_while_its_tenant_is_filled
        a_lost_key_store_is_named
        a_check_names_what_is_damaged
        everything_is_private;
    backup:
        a_backup_stays_out_of_the_data
        only_what_is_new_is_copied
        old_points_go_without_harm
        a_backup_that_was_interrupted_goes_on
        a_backup_is_verified;
    restore:
        backup_and_restore
        a_damaged_backup_is_refused
        a_restore_that_was_cut_off_begins_anew
        keys_that_are_there_stay_and_others_are_not_overwritten
        every_instant_comes_back_while_the_log_tells
        what_the_log_tells_no_more_is_said
        what_passed_by_the_log_is_said;
}
