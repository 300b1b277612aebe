// All rows of text columns, in batches: SOCI's dynamic rows cost several times as much.
#pragma once

#include <array>
#include <string>
#include <vector>

#include <soci/soci.h>

namespace plugtone {

inline constexpr std::size_t batch_size = 1000; // rows fetched in one go

// take(std::array<std::string, columns>) for each. Throws soci::soci_error.
template <std::size_t columns, class Take>
void each_row(soci::session& database, const std::string& query, Take take) {
    std::array<std::vector<std::string>, columns> batch;
    batch.fill(std::vector<std::string>(batch_size));
    soci::statement statement(database);
    statement.alloc();
    statement.prepare(query);
    for (auto& column : batch)
        statement.exchange(soci::into(column));
    statement.define_and_bind();
    statement.execute();
    while (statement.fetch()) {
        std::array<std::string, columns> row;
        for (std::size_t at = 0; at < batch.front().size(); ++at) {
            for (std::size_t column = 0; column < columns; ++column)
                row[column] = std::move(batch[column][at]);
            take(row);
        }
        for (auto& column : batch)
            column.resize(batch_size);
    }
}

} // namespace plugtone
