// The hook's messages in Kea's log, each with an id to look up in docs/kea-hook.md.
#pragma once

#include <log/logger.h>
#include <log/macros.h>
#include <log/message_types.h>

namespace plugtone {

extern isc::log::Logger hook_logger;

// NOLINTBEGIN(readability-identifier-naming): so Kea's message compiler names them, as their ids
extern const isc::log::MessageID PLUGTONE_LOADED;
extern const isc::log::MessageID PLUGTONE_UNLOADED;
extern const isc::log::MessageID PLUGTONE_CLASS_FILE_BAD;
extern const isc::log::MessageID PLUGTONE_PARAMETER_BAD;
extern const isc::log::MessageID PLUGTONE_RELOADED;
extern const isc::log::MessageID PLUGTONE_RELOAD_REFUSED;
extern const isc::log::MessageID PLUGTONE_CALLOUT_FAILED;
// NOLINTEND(readability-identifier-naming)

} // namespace plugtone
