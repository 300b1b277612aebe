// The vendor's encrypted binary file is made by a program of the operator's, in a unit of its own:
// the agent connects to plugtone-encoder.socket, and systemd starts plugtone-encode for that
// connection (docs/agent.md, "Legacy encoder").
//   to it:   "CLASS MAC\n", then a text template, then the end of the stream
//   from it: the file, then the end of the stream
#pragma once

#include <chrono>
#include <string>

#include "core/base/bytes.hpp"
#include "core/base/mac.hpp"
#include "core/base/result.hpp"

namespace plugtone {

inline constexpr std::chrono::milliseconds legacy_encoder_time_max{10'000};

// Waits for the answer, legacy_encoder_time_max at most. Refuses an answer that is no binary file,
// or one for another device.
Result<Bytes> run_legacy_encoder(const std::string& socket, const std::string& class_name,
                                 const Mac& mac, std::string_view text,
                                 std::chrono::milliseconds time_max = legacy_encoder_time_max);

// A binary file that we did not make ourselves: its frame is whole and, where it is not encrypted,
// it is for that device and can be read.
Done check_vendor_file(const Mac& mac, ByteView bytes);

} // namespace plugtone
