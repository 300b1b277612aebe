// The hook's messages in Kea's log, each with an id to look up in docs/kea-hook.md.
#pragma once

#include <log/logger.h>
#include <log/macros.h>
#include <log/message_types.h>

namespace plugtone {

extern isc::log::Logger hook_logger;

extern const isc::log::MessageID message_loaded;
extern const isc::log::MessageID message_unloaded;
extern const isc::log::MessageID message_class_file_bad;
extern const isc::log::MessageID message_parameter_bad;
extern const isc::log::MessageID message_reloaded;
extern const isc::log::MessageID message_reload_refused;
extern const isc::log::MessageID message_conflict;
extern const isc::log::MessageID message_leases_unread;
extern const isc::log::MessageID message_callout_failed;

} // namespace plugtone
