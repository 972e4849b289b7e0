@echo off
rem What is typed most often, for Windows with Docker Desktop, in cmd and in PowerShell. Each word only calls the command
rem beside it. Without Docker cody2zoho needs Linux, macOS or WSL: there is cody2zoho.sh.
rem   docker\local\cody2zoho.cmd demo         simulated, needs no .env
rem   docker\local\cody2zoho.cmd start        all of it, with the credentials in .env
rem   docker\local\cody2zoho.cmd stop
rem   docker\local\cody2zoho.cmd redis-start  Redis alone
rem   docker\local\cody2zoho.cmd redis-stop
setlocal
cd /d "%~dp0..\.."
if "%~1"=="demo" docker compose --profile demo up & exit /b
if "%~1"=="start" docker compose up -d & exit /b
if "%~1"=="stop" docker compose stop & exit /b
if "%~1"=="redis-start" docker compose up -d redis & exit /b
if "%~1"=="redis-stop" docker compose stop redis & exit /b
echo One of: demo start stop redis-start redis-stop
exit /b 2
