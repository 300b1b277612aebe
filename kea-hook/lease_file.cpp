#include "kea-hook/lease_file.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "core/base/text.hpp"

namespace plugtone {

namespace {

constexpr std::uint32_t endless = 0xFFFFFFFF; // RFC 2132 section 9.2
constexpr std::string_view assigned = "0";    // Lease::STATE_DEFAULT

// The columns that are wanted of those that the first line names.
struct Columns {
    static constexpr std::array<std::string_view, 5> names = {"address", "hwaddr", "valid_lifetime",
                                                              "expire", "state"};
    std::array<std::size_t, 5> at{};
    std::size_t count = 0;
};

// Kea writes a comma within a value as &#x2c.
std::vector<std::string_view> cells_of(std::string_view line) {
    std::vector<std::string_view> cells;
    for (;;) {
        const std::size_t comma = line.find(',');
        cells.push_back(line.substr(0, comma));
        if (comma == std::string_view::npos)
            return cells;
        line.remove_prefix(comma + 1);
    }
}

Result<Columns> read_heading(std::string_view line) {
    const auto cells = cells_of(line);
    Columns columns;
    columns.count = cells.size();
    for (std::size_t wanted = 0; wanted < Columns::names.size(); ++wanted) {
        std::size_t at = 0;
        while (at < cells.size() && cells[at] != Columns::names.at(wanted))
            ++at;
        if (at == cells.size())
            return fail("line 1: want a column '" + std::string(Columns::names.at(wanted)) +
                        "' as Kea writes it, got '" + printable(line.substr(0, 200)) + "'");
        columns.at.at(wanted) = at;
    }
    return columns;
}

Result<Binding> read_row(std::string_view line, const Columns& columns) {
    const auto cells = cells_of(line);
    if (cells.size() < columns.count)
        return fail("want " + std::to_string(columns.count) + " cells, got " +
                    std::to_string(cells.size()));
    const auto cell = [&](std::size_t wanted) { return cells[columns.at.at(wanted)]; };
    const auto address = Ipv4::parse(cell(0));
    const auto lifetime = parse_number<std::uint32_t>(cell(2));
    const auto expires = parse_number<std::int64_t>(cell(3));
    if (!address || !lifetime || !expires)
        return fail("want an address, a lifetime and an end, got '" +
                    printable(line.substr(0, 200)) + "'");
    Binding binding{*address, {}, 0};
    // Leases without an Ethernet address, declined and reclaimed ones: whoever held it before does
    // so no longer.
    const auto mac = Mac::parse(cell(1));
    if (mac && *lifetime != 0 && cell(4) == assigned) {
        binding.mac = *mac;
        binding.expires = *lifetime == endless ? never_expires : *expires;
    }
    return binding;
}

} // namespace

Done LeaseRows::read(std::istream& file) {
    std::string line;
    if (!std::getline(file, line))
        return {};
    const auto columns = read_heading(line);
    if (!columns)
        return tl::unexpected(columns.error());
    for (std::size_t number = 2; std::getline(file, line); ++number) {
        if (line.empty())
            continue;
        const auto row = read_row(line, *columns);
        if (!row && file.eof()) // the last line may be cut off: power went while it was written
            return {};
        if (!row)
            return fail_in("line " + std::to_string(number), row.error());
        rows_[row->address] = *row;
    }
    return {};
}

std::vector<Binding> LeaseRows::bindings(std::int64_t now) const {
    std::vector<Binding> live;
    for (const auto& [address, binding] : rows_)
        if (binding.holds_at(now))
            live.push_back(binding);
    return live;
}

Result<LeaseRows> read_lease_files(const std::string& name) {
    // A finished clean-up has put both older files into .completed; one under way still has them.
    std::vector<std::string> files = {name + ".2", name + ".1", name};
    std::error_code error;
    if (std::filesystem::exists(name + ".completed", error))
        files = {name + ".completed", name};
    LeaseRows rows;
    for (const std::string& path : files) {
        if (!std::filesystem::exists(path, error))
            continue;
        std::ifstream file(path);
        if (!file)
            return fail(ErrorKind::io, "cannot read " + path);
        if (auto done = rows.read(file); !done)
            return fail_in(path, done.error());
    }
    return rows;
}

} // namespace plugtone
