// How plugtonectl writes: aligned tables for people, JSON for programs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "agent/ctl/client.hpp"

namespace plugtone::ctl {

// Columns as wide as their widest cell; nothing but the heading when there are no rows. On a
// terminal that is too narrow, the last column goes on in further lines.
void print_table(const std::vector<std::string>& heading,
                 const std::vector<std::vector<std::string>>& rows);
void print_json(const nlohmann::json& json);
// For "key  value" pages.
void print_pairs(const std::vector<std::pair<std::string, std::string>>& pairs);

// With blanks between.
std::string joined(const std::vector<std::string>& texts);
// "2026-11-23 08:00:01", local time; "never" for 0.
std::string time_text(std::int64_t seconds);

// One line for one event, e.g. "offered  000b82123456  grandstream-gxp  http://192.0.2.1".
std::string event_line(std::int64_t time, const std::string& kind, const BusFields& fields);
// What matters of it to people, without time and kind.
std::string event_text(const std::string& kind, const BusFields& fields);
nlohmann::json event_json(std::int64_t time, const std::string& kind, const BusFields& fields);

} // namespace plugtone::ctl
