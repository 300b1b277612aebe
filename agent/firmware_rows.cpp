#include "agent/firmware_rows.hpp"

#include <array>

#include "agent/sql_rows.hpp"
#include "core/base/text.hpp"

namespace plugtone {

namespace {

std::string state_text(FirmwareState state) {
    switch (state) {
    case FirmwareState::placing:
        return "placing";
    case FirmwareState::there:
        return "there";
    case FirmwareState::removing:
        return "removing";
    case FirmwareState::gone:
        return "gone";
    }
    return "gone";
}

} // namespace

std::string Firmware::text() const {
    return "firmware " + std::to_string(id) + " (" + model + " " + version.text() + ")";
}

std::vector<Firmware> FirmwareRows::in_state(FirmwareState state) {
    const std::string text = state_text(state);
    std::map<FirmwareId, Firmware> all;
    const soci::rowset<soci::row> rows =
        (database_.prepare << "SELECT id, model, version, prefix, postfix, imported FROM firmware "
                              "WHERE state = :state",
         soci::use(text));
    for (const soci::row& row : rows) {
        const auto id = row.get<long long>(0);
        all[id] = {id,
                   row.get<std::string>(1),
                   FirmwareVersion::parse(row.get<std::string>(2)).value(), // we wrote it
                   Shelf{row.get<std::string>(3), row.get<std::string>(4)},
                   row.get<long long>(5),
                   {},
                   state};
    }
    each_row<4>(database_,
                "SELECT CAST(firmware AS TEXT), name, CAST(size AS TEXT), sha256 FROM "
                "firmware_file ORDER BY firmware, name",
                [&](const std::array<std::string, 4>& row) {
                    const auto found = all.find(parse_number<FirmwareId>(row[0]).value_or(0));
                    if (found != all.end())
                        found->second.files.push_back(
                            {row[1], parse_number<std::uint64_t>(row[2]).value_or(0), row[3]});
                });
    std::vector<Firmware> list;
    list.reserve(all.size());
    for (auto& [id, firmware] : all)
        list.push_back(std::move(firmware));
    return list;
}

std::optional<Firmware> FirmwareRows::find(FirmwareId id) {
    for (Firmware& firmware : in_state(FirmwareState::there))
        if (firmware.id == id)
            return std::move(firmware);
    return std::nullopt;
}

FirmwareId FirmwareRows::add(const Firmware& firmware) {
    soci::transaction transaction(database_);
    FirmwareId id = 0;
    database_ << "SELECT COALESCE(MAX(id), 0) + 1 FROM firmware", soci::into(id);
    const std::string version = firmware.version.text();
    const std::string state = state_text(firmware.state);
    database_ << "INSERT INTO firmware (id, model, version, prefix, postfix, imported, state) "
                 "VALUES (:id, :model, :version, :prefix, :postfix, :imported, :state)",
        soci::use(id), soci::use(firmware.model), soci::use(version),
        soci::use(firmware.shelf.prefix), soci::use(firmware.shelf.postfix),
        soci::use(firmware.imported), soci::use(state);
    for (const FirmwareFile& file : firmware.files) {
        const auto size = static_cast<long long>(file.size);
        database_ << "INSERT INTO firmware_file (firmware, name, size, sha256) "
                     "VALUES (:firmware, :name, :size, :sha256)",
            soci::use(id), soci::use(file.name), soci::use(size), soci::use(file.sha256);
    }
    transaction.commit();
    return id;
}

void FirmwareRows::move_to(FirmwareId id, FirmwareState state) {
    const std::string text = state_text(state);
    database_ << "UPDATE firmware SET state = :state WHERE id = :id", soci::use(text),
        soci::use(id);
}

} // namespace plugtone
