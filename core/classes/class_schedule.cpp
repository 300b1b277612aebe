#include "core/classes/class_schedule.hpp"

#include <algorithm>

#include "core/base/text.hpp"

namespace plugtone {

namespace {

constexpr std::size_t resync_event_size_max = 64;

Done take(const XmlSource& source, pugi::xml_node node, const Schedule& schedule,
          DeviceClass& made) {
    if (scheduled(schedule, made.family, 0).empty())
        return source.fail_at(node, "<schedule>: how devices of family '" + printable(made.family) +
                                        "' are told that is not known");
    made.schedule = schedule;
    return {};
}

} // namespace

Done read_schedule(const XmlSource& source, pugi::xml_node node, DeviceClass& made) {
    if (auto good = source.only_attributes(node, {"interval", "window"}); !good)
        return good;
    if (auto good = source.only_elements(node, {}); !good)
        return good;
    const std::string_view interval = node.attribute("interval").value();
    const std::string_view window = node.attribute("window").value();
    if (interval.empty() == window.empty())
        return source.fail_at(node,
                              "<schedule>: want interval=\"MINUTES\" or window=\"HOUR-HOUR\", "
                              "one of them");
    if (!interval.empty()) {
        const auto minutes = parse_number<std::uint32_t>(interval);
        if (!minutes || *minutes < schedule_interval_min || *minutes > schedule_interval_max)
            return source.fail_at(node, "interval: want " + std::to_string(schedule_interval_min) +
                                            " to " + std::to_string(schedule_interval_max) +
                                            " minutes, got '" + printable(interval) + "'");
        return take(source, node, {*minutes, {}}, made);
    }
    constexpr std::uint32_t last_hour = 23;
    const std::size_t dash = window.find('-');
    const auto first = parse_number<std::uint32_t>(window.substr(0, dash));
    const auto last = dash == std::string_view::npos
                          ? std::nullopt
                          : parse_number<std::uint32_t>(window.substr(dash + 1));
    if (!first || !last || *first > *last || *last > last_hour)
        return source.fail_at(node, "window: want hours as in 1-5, from 0 to 23, got '" +
                                        printable(window) + "'");
    return take(source, node, {{}, std::pair(*first, *last)}, made);
}

Done read_resync(const XmlSource& source, pugi::xml_node node, DeviceClass& made) {
    if (auto good = source.only_attributes(node, {"port", "event"}); !good)
        return good;
    if (auto good = source.only_elements(node, {}); !good)
        return good;
    const std::string_view port = node.attribute("port").as_string("5060");
    const auto number = parse_number<std::uint16_t>(port);
    if (!number || *number == 0)
        return source.fail_at(node, "port: want 1 to 65535, got '" + printable(port) + "'");
    // A token of SIP's (RFC 3261, section 25.1).
    const std::string event = node.attribute("event").as_string("check-sync");
    const bool is_token = !event.empty() && event.size() <= resync_event_size_max &&
                          std::all_of(event.begin(), event.end(), [](char c) {
                              return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                     (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
                          });
    if (!is_token)
        return source.fail_at(node, "event: want letters, digits, '-', '.' and '_', got '" +
                                        printable(event) + "'");
    made.resync = {*number, event};
    return {};
}

} // namespace plugtone
