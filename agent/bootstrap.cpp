#include "agent/bootstrap.hpp"

#include <array>

#include "agent/sql_rows.hpp"
#include "core/base/text.hpp"

namespace plugtone {

namespace {

constexpr std::array<std::pair<WindowStep, std::string_view>, 4> names = {{
    {WindowStep::open, "open"},
    {WindowStep::told, "told"},
    {WindowStep::asked, "asked"},
    {WindowStep::closed, "closed"},
}};

WindowStep step_named(std::string_view text) {
    for (const auto& [step, name] : names)
        if (name == text)
            return step;
    return WindowStep::open;
}

} // namespace

std::string_view window_step_name(WindowStep step) {
    for (const auto& [known, name] : names)
        if (known == step)
            return name;
    return "";
}

WindowStep next_step(WindowStep step, EventKind kind, OwnFile file) {
    const bool is_done = kind == EventKind::transfer_done;
    const bool is_sealed = file == OwnFile::sealed || file == OwnFile::rotated;
    if (step == WindowStep::open && is_done && file == OwnFile::bootstrap)
        return WindowStep::told;
    if (step == WindowStep::told && kind == EventKind::transfer_started && is_sealed)
        return WindowStep::asked;
    if (step == WindowStep::asked && is_done && is_sealed)
        return WindowStep::closed;
    return step;
}

std::map<Mac, BootstrapWindow> BootstrapRows::open_ones() {
    std::map<Mac, BootstrapWindow> all;
    each_row<3>(database_,
                "SELECT mac, step, CAST(opened AS TEXT) FROM bootstrap_window WHERE step <> "
                "'closed'",
                [&](const std::array<std::string, 3>& row) {
                    all[Mac::parse(row[0]).value()] = {step_named(row[1]),
                                                       parse_number<long long>(row[2]).value_or(0)};
                });
    return all;
}

std::optional<BootstrapWindow> BootstrapRows::open_one(const Mac& mac) {
    const std::string key = mac.text();
    std::string step;
    long long opened = 0;
    database_ << "SELECT step, opened FROM bootstrap_window WHERE mac = :mac AND step <> 'closed'",
        soci::use(key), soci::into(step), soci::into(opened);
    if (!database_.got_data())
        return std::nullopt;
    return BootstrapWindow{step_named(step), opened};
}

void BootstrapRows::open(const Mac& mac, long long now) {
    const std::string key = mac.text();
    const std::string step(window_step_name(WindowStep::open));
    database_ << "INSERT INTO bootstrap_window (mac, step, opened) VALUES (:mac, :step, :opened) "
                 "ON CONFLICT (mac) DO UPDATE SET step = excluded.step, opened = excluded.opened",
        soci::use(key), soci::use(step), soci::use(now);
}

void BootstrapRows::move(const Mac& mac, WindowStep step) {
    const std::string key = mac.text();
    const std::string name(window_step_name(step));
    database_ << "UPDATE bootstrap_window SET step = :step WHERE mac = :mac", soci::use(name),
        soci::use(key);
}

} // namespace plugtone
