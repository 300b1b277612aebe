#include "agent/device_versions.hpp"

#include "agent/firmware/version.hpp"

namespace plugtone {

DeviceVersions::DeviceVersions(soci::session& database) : database_(database) {
    const soci::rowset<soci::row> rows =
        (database_.prepare << "SELECT mac, model, version, seen FROM device_version");
    for (const soci::row& row : rows)
        if (const auto mac = Mac::parse(row.get<std::string>(0)))
            versions_[*mac] = {row.get<std::string>(1), row.get<std::string>(2),
                               row.get<long long>(3)};
}

std::optional<DeviceVersion> DeviceVersions::of(const Mac& mac) const {
    const auto found = versions_.find(mac);
    return found == versions_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<DeviceVersion> DeviceVersions::take(const Event& event, long long now) {
    const auto mac = Mac::parse(event["MAC"]);
    const auto version = reported_version(event["DEVICE_FIRMWARE"]);
    if (!mac || !version)
        return std::nullopt;
    if (const auto named = Mac::parse(event["DEVICE_ID"]); named && *named != *mac)
        return std::nullopt;
    const DeviceVersion said{std::string(event["DEVICE_MODEL"]), version->text(), now};
    const auto before = versions_.find(*mac);
    if (before != versions_.end() && before->second.model == said.model &&
        before->second.version == said.version)
        return before->second;
    if (before == versions_.end() && versions_.size() >= versions_max)
        return said;
    const std::string key = mac->text();
    database_ << "INSERT INTO device_version (mac, model, version, seen) "
                 "VALUES (:mac, :model, :version, :seen) ON CONFLICT (mac) DO UPDATE SET model = "
                 "excluded.model, version = excluded.version, seen = excluded.seen",
        soci::use(key), soci::use(said.model), soci::use(said.version), soci::use(said.seen);
    versions_[*mac] = said;
    return said;
}

} // namespace plugtone
