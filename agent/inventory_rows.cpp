#include "agent/inventory_rows.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "agent/override_rows.hpp"

namespace plugtone {

namespace {

constexpr auto tables = std::to_array<InventoryTable>({
    {"device", 1, 4, {"mac", "class", "label", "password"}},
    {"device_parameter", 2, 3, {"mac", "name", "value"}},
    {"vendor_file", 1, 2, {"mac", "content"}},
    {"shared_parameter", 2, 4, {"owner", "name", "value", "public"}},
    {"offer_override", 2, 3, {"kind", "whom", "url"}},
});

constexpr std::size_t device_table = 0; // of tables

// Rows in one statement: a line to the database may be long.
constexpr std::size_t rows_per_statement = 200;

// "a, b": text of every column, whatever its type.
std::string list_of(std::span<const char* const> columns, bool as_text) {
    std::string list;
    for (const std::string_view column : columns) {
        list += list.empty() ? "" : ", ";
        list += as_text ? "CAST(" + std::string(column) + " AS TEXT)" : std::string(column);
    }
    return list;
}

// Bound text, one after the other, in one statement.
class BoundStatement {
public:
    explicit BoundStatement(soci::session& database) : statement_(database) {}

    // What stands for that value in the statement.
    std::string bind(const std::string& value) {
        values_.push_back(value);
        return ":v" + std::to_string(values_.size());
    }
    std::string bind(Generation value) {
        return "CAST(" + bind(std::to_string(value)) + " AS BIGINT)";
    }
    void execute(const std::string& text) {
        prepare(text);
        statement_.define_and_bind();
        statement_.execute(true);
    }
    // take(std::vector<std::string>) for each row of "columns" texts.
    template <class Take>
    void query(const std::string& text, std::size_t columns, Take take) {
        std::vector<std::string> row(columns);
        prepare(text);
        for (std::string& column : row)
            statement_.exchange(soci::into(column));
        statement_.define_and_bind();
        statement_.execute();
        while (statement_.fetch())
            take(row);
    }

private:
    void prepare(const std::string& text) {
        statement_.alloc();
        statement_.prepare(text);
        for (const std::string& value : values_)
            statement_.exchange(soci::use(value));
    }

    std::vector<std::string> values_;
    soci::statement statement_;
};

// "(mac = :v1 AND name = :v2) OR …"
std::string any_of(BoundStatement& statement, const InventoryTable& table,
                   std::span<const RowKey> keys) {
    std::string text;
    for (const RowKey& key : keys) {
        text += text.empty() ? "(" : " OR (";
        for (std::size_t at = 0; at < table.key_size; ++at)
            text += (at == 0 ? "" : " AND ") + std::string(table.columns[at]) + " = " +
                    statement.bind(key.columns[at]);
        text += ")";
    }
    return "(" + text + ")";
}

// take(table, the keys of it, at most rows_per_statement of them).
template <class Take>
void each_chunk(std::vector<RowKey> keys, Take take) {
    std::sort(keys.begin(), keys.end());
    for (std::size_t from = 0; from < keys.size();) {
        std::size_t to = from;
        while (to < keys.size() && keys[to].table == keys[from].table &&
               to - from < rows_per_statement)
            ++to;
        take(tables[keys[from].table], std::span<const RowKey>(keys).subspan(from, to - from));
        from = to;
    }
}

template <class Take>
void each_change_chunk(const RowChanges& changes, Take take) {
    std::vector<const RowChange*> sorted;
    for (const RowChange& change : changes)
        if (change.values)
            sorted.push_back(&change);
    const auto group = [](const RowChange* change) {
        return std::pair(change->key.table, change->key.is_of_every_site());
    };
    std::sort(sorted.begin(), sorted.end(), [&](const RowChange* one, const RowChange* other) {
        return group(one) < group(other);
    });
    for (std::size_t from = 0; from < sorted.size();) {
        std::size_t to = from;
        while (to < sorted.size() && group(sorted[to]) == group(sorted[from]) &&
               to - from < rows_per_statement)
            ++to;
        take(tables[sorted[from]->key.table],
             std::span<const RowChange* const>(sorted).subspan(from, to - from));
        from = to;
    }
}

// Rows that hold now, and those of other keys that were closed: "until" says which.
void read_rows(BoundStatement& statement, const std::string& where, std::size_t table,
               RowChanges& into) {
    const InventoryTable& from = tables[table];
    statement.query(
        "SELECT " + list_of(from.all(), true) + " FROM " + from.name + " WHERE " + where, from.size,
        [&](const std::vector<std::string>& row) {
            const auto middle = row.begin() + static_cast<std::ptrdiff_t>(from.key_size);
            into.push_back(
                {{table, {row.begin(), middle}}, std::vector<std::string>(middle, row.end())});
        });
}

std::string of_site_or_every(BoundStatement& statement, const std::string& site) {
    return "(site = " + statement.bind(site) + " OR site = '')";
}

} // namespace

bool InventoryTable::is_of_devices() const {
    return std::string_view(columns.front()) == "mac";
}

std::span<const InventoryTable> inventory_tables() {
    return tables;
}

RowKey row_of_device(const std::string& mac) {
    return {device_table, {mac}};
}

bool RowKey::is_of_every_site() const {
    return std::string_view(tables[table].columns.front()) == "owner" && !columns.front().empty();
}

Scope scope_of(const RowChanges& changes, std::span<const Mac> devices) {
    Scope scope;
    for (const RowChange& change : changes) {
        const std::vector<std::string>& key = change.key.columns; // we wrote it
        if (tables[change.key.table].is_of_devices())
            scope.devices.insert(Mac::parse(key.front()).value());
        else if (std::string_view(tables[change.key.table].columns.front()) == "owner")
            scope.everything = true;
        else if (key.front() == OverrideRows::of_redirect)
            std::copy_if(devices.begin(), devices.end(),
                         std::inserter(scope.devices, scope.devices.end()),
                         [range = MacRange::parse(key.back()).value()](const Mac& mac) {
                             return range.holds(mac);
                         });
    }
    return scope.everything ? Scope::all() : scope;
}

std::set<RowKey> touched_rows(soci::session& database, Generation number) {
    std::set<RowKey> keys;
    for (std::size_t table = 0; table < tables.size(); ++table) {
        BoundStatement statement(database);
        const std::string since = statement.bind(number);
        const std::string until = statement.bind(number);
        statement.query("SELECT " + list_of(tables[table].key(), true) + " FROM " +
                            tables[table].name + " WHERE since = " + since + " OR until = " + until,
                        tables[table].key_size, [&](const std::vector<std::string>& row) {
                            keys.insert({table, row});
                        });
    }
    return keys;
}

RowChanges current_rows(soci::session& database, const std::set<RowKey>& keys) {
    RowChanges found;
    each_chunk({keys.begin(), keys.end()},
               [&](const InventoryTable& table, std::span<const RowKey> chunk) {
                   BoundStatement statement(database);
                   read_rows(statement, any_of(statement, table, chunk) + " AND until IS NULL",
                             chunk.front().table, found);
               });
    std::set<RowKey> present;
    for (const RowChange& change : found)
        present.insert(change.key);
    for (const RowKey& key : keys)
        if (!present.contains(key))
            found.push_back({key, std::nullopt});
    return found;
}

RowChanges all_rows(soci::session& database, const std::string& site) {
    RowChanges found;
    for (std::size_t table = 0; table < tables.size(); ++table) {
        BoundStatement statement(database);
        read_rows(statement, of_site_or_every(statement, site) + " AND until IS NULL", table,
                  found);
    }
    return found;
}

RowChanges rows_changed(soci::session& database, const std::string& site, Generation after) {
    RowChanges changed;
    for (std::size_t table = 0; table < tables.size(); ++table) {
        BoundStatement now(database);
        const std::string whose = of_site_or_every(now, site);
        RowChanges open;
        read_rows(now, whose + " AND until IS NULL AND since > " + now.bind(after), table, open);
        std::set<RowKey> seen;
        for (const RowChange& change : open)
            seen.insert(change.key);
        changed.insert(changed.end(), open.begin(), open.end());
        // Closed, and not opened again after that.
        BoundStatement ended(database);
        const InventoryTable& from = tables[table];
        const std::string theirs = of_site_or_every(ended, site);
        std::set<RowKey> closed;
        ended.query("SELECT DISTINCT " + list_of(from.key(), true) + " FROM " + from.name +
                        " WHERE " + theirs + " AND until > " + ended.bind(after),
                    from.key_size, [&](const std::vector<std::string>& row) {
                        if (!seen.contains({table, row}))
                            closed.insert({table, row});
                    });
        for (const RowKey& key : closed)
            changed.push_back({key, std::nullopt});
    }
    return changed;
}

void apply_rows(soci::session& database, const std::string& site, Generation generation,
                const RowChanges& changes) {
    const auto site_of = [&](const RowKey& key) {
        return key.is_of_every_site() ? std::string() : site;
    };
    std::vector<RowKey> keys;
    for (const RowChange& change : changes)
        keys.push_back(change.key);
    each_chunk(std::move(keys), [&](const InventoryTable& table, std::span<const RowKey> chunk) {
        BoundStatement close(database);
        const std::string until = close.bind(generation);
        const std::string whose = of_site_or_every(close, site);
        close.execute("UPDATE " + std::string(table.name) + " SET until = " + until + " WHERE " +
                      whose + " AND " + any_of(close, table, chunk) + " AND until IS NULL");
    });
    each_change_chunk(
        changes, [&](const InventoryTable& table, std::span<const RowChange* const> chunk) {
            BoundStatement insert(database);
            std::string rows;
            for (const RowChange* change : chunk) {
                rows += rows.empty() ? "(" : ", (";
                for (const std::string& column : change->key.columns)
                    rows += insert.bind(column) + ", ";
                // One column is a number.
                for (std::size_t at = 0; at < change->values->size(); ++at) {
                    const std::string value = insert.bind((*change->values)[at]);
                    const bool number = std::string_view(table.values()[at]) == "public";
                    rows += (number ? "CAST(" + value + " AS INTEGER)" : value) + ", ";
                }
                rows += insert.bind(site_of(change->key)) + ", ";
                rows += insert.bind(generation) + ")"; // not in one expression: they count by order
            }
            insert.execute("INSERT INTO " + std::string(table.name) + " (" +
                           list_of(table.all(), false) + ", site, since) VALUES " + rows);
        });
}

std::vector<std::string> rows_elsewhere(soci::session& database, const std::string& site,
                                        const RowChanges& changes) {
    std::vector<RowKey> keys;
    for (const RowChange& change : changes)
        if (change.values && std::string_view(tables[change.key.table].name) == "device")
            keys.push_back(change.key);
    std::vector<std::string> found;
    each_chunk(std::move(keys), [&](const InventoryTable& table, std::span<const RowKey> chunk) {
        BoundStatement statement(database);
        const std::string mine = statement.bind(site);
        statement.query("SELECT mac, site FROM " + std::string(table.name) + " WHERE site <> " +
                            mine + " AND " + any_of(statement, table, chunk) + " AND until IS NULL",
                        2, [&](const std::vector<std::string>& row) {
                            found.push_back(row[0] + " " + row[1]);
                        });
    });
    return found;
}

} // namespace plugtone
